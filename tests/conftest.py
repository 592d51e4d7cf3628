"""For all tests.

The test plugin carries a package `custom_components` of its own, and the one imported first is the one that
Home Assistant finds: so ours is imported here, before any test starts.
"""

import custom_components  # noqa: F401
