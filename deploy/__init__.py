"""What is deployed beside the daemon; a package only so that the dashboards can be written from code."""
