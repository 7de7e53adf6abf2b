"""What several pages show: tables, figures, chips, cards."""
