/// Who may do what over the HTTP API: rules, the policies that hold them, and the one place where a
/// token is turned into what its holder may do. Nothing here knows of requests.
@NullMarked
package dev.hansa.peering.acl;

import org.jspecify.annotations.NullMarked;
