"""The simulated network itself: state, transaction queue, validation, ledgers. It knows no HTTP."""
