"""What the client and the HR backend share: wire models, error codes, sealed files, signatures, texts of errors.

Depends on the standard library, pydantic, cryptography, PyJWT and Babel only; imports neither client nor backend.
"""
