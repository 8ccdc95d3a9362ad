"""What each screen says: one file for each flow. How they hang together stands in `ussd.menu`."""
