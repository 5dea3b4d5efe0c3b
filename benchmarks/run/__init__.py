"""From a plan of measurements to records on disk."""
