"""What released code does and the clean protocols do not: one practice a file, each under a name with ``@paper``.

Read them to see how much a published figure owes to a practice; no default table mixes them with clean ones.
"""
