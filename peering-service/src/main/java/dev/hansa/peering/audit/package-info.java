/// Who did what: the records of the audit log, the chain that they make, and its export to files.
@NullMarked
package dev.hansa.peering.audit;

import org.jspecify.annotations.NullMarked;
