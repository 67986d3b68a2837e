"""The HR portal: pages rendered on the server, standard forms, little script, every asset served from here."""
