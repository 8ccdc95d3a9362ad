"""How other gateways speak: one file each, one seam. Each only translates; it decides nothing."""
