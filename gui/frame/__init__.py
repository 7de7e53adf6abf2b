"""What every page hangs on: theme, icons, actions, navigation, notices, and what jobs tell."""
