"""The browser phone: a page with feature phones that dial the product for real."""
