"""The promise that a query only reads: hundreds of attempts to do more, and a look at the server afterwards."""
