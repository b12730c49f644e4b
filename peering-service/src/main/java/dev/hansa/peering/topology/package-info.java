/// Who may talk to whom, by the rules that sidecars are given, and who does, by what sidecars tell.
@NullMarked
package dev.hansa.peering.topology;

import org.jspecify.annotations.NullMarked;
