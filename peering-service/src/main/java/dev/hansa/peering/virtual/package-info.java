/// Which services have a virtual address, and since when they need none.
@NullMarked
package dev.hansa.peering.virtual;

import org.jspecify.annotations.NullMarked;
