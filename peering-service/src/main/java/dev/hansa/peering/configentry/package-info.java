/// Config entries: text in, validated records out.
@NullMarked
package dev.hansa.peering.configentry;

import org.jspecify.annotations.NullMarked;
