"""How dates are written for people, by language; Django finds them by `FORMAT_MODULE_PATH`."""
