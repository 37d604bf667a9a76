"""The domain: values and pure functions of values; imports nothing but the standard library."""
