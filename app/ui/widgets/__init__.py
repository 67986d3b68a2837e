"""Widgets of the client: small, styled by tokens, without knowledge of the interview."""
