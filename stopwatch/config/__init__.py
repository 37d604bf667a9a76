"""Settings from the environment and YAML files turned into core values, all complaints with file:line:column."""
