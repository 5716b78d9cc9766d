"""What happens once, when a Scheduler is built."""
