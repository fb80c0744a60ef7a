"""The daemon: it runs the schedules until it is stopped."""
