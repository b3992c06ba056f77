/** The values that describe a cluster: immutable records and one immutable map. */
@NullMarked
package io.pgplex.metadata.model;

import org.jspecify.annotations.NullMarked;
