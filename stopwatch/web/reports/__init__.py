"""Reports: documents made from the records alone, written as HTML, Markdown and messages."""
