"""The promises that the house keeps about its own files."""
