"""Promises that span modules (nothing is stuck, nothing is surprising), each tried on a real receiver."""
