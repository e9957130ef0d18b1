"""What every suite shares: rounds, ratios, the machine, tables, plots and the page."""
