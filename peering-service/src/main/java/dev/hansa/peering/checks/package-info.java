/// Health checks that the servers themselves run, for what is registered over the API.
@NullMarked
package dev.hansa.peering.checks;

import org.jspecify.annotations.NullMarked;
