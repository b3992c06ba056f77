/** pgplex in a Spring Boot application. */
@NullMarked
package io.pgplex.spring;

import org.jspecify.annotations.NullMarked;
