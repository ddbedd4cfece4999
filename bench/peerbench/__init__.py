# SPDX-License-Identifier: Apache-2.0
"""Side-by-side measurement of reverse proxies on one small machine."""
