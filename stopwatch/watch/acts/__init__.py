"""What people and alerts do to decisions, from the inbox or a command to the transaction."""
