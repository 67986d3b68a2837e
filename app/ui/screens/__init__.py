"""The screens: they show what their presenter holds and hand clicks on."""
