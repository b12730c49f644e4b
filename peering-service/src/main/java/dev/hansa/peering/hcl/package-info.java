/// HCL as operators of Consul write it: blocks and values, nothing that is evaluated.
@NullMarked
package dev.hansa.peering.hcl;

import org.jspecify.annotations.NullMarked;
