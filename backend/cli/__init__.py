"""The command line ``xuda-hr``."""
