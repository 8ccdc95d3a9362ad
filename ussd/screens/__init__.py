"""What each screen says. How they hang together stands in `ussd.menu`."""
