/// The demo shop: small services with the names, ports and call graph of Online Boutique.
@NullMarked
package dev.hansa.shop;

import org.jspecify.annotations.NullMarked;
