/// A peering token: mint, encode, read, reject. Usable by itself.
@NullMarked
package dev.hansa.token;

import org.jspecify.annotations.NullMarked;
