"""The scenario behind ``./demo``: a world is started, a fault injected, a pause lived through, every link checked."""
