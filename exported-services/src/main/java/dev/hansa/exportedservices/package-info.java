/// What a datacenter knows, what it offers to which peer, and what it has imported.
@NullMarked
package dev.hansa.exportedservices;

import org.jspecify.annotations.NullMarked;
