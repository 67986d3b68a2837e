"""The interview report: one model, one PDF and one archive for client and backend. Imports the contract only."""
