"""`xuda demo`: backend and client on this machine, for a person to try or, headless, as a proof of the main job."""
