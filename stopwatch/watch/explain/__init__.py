"""Why a rule fired at a site, or did not."""
