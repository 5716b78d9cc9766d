"""Plans as text, as JSON and as fields of configurations."""
