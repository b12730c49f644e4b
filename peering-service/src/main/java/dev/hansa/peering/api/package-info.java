/// The operators' door.
@NullMarked
package dev.hansa.peering.api;

import org.jspecify.annotations.NullMarked;
