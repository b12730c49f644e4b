/// `hansa agent`: a machine's services, from files into the catalog and into the mesh (ADR 0034).
@NullMarked
package dev.hansa.cli.agent;

import org.jspecify.annotations.NullMarked;
