"""Numbers as pictures: evidence charts, sparklines, replays; as SVG and as PNG."""
