package io.pgplex.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GeneratorTest {
    private final Generator generator = new Generator(20_000, 42);

    @Test
    void countsTheRowsThatItYields() {
        for (String table : Schema.TABLES) {
            assertThat(generator.rows(table).count()).as(table).isEqualTo(generator.count(table));
        }
    }

    @Test
    void yieldsAboutAsManyRowsAsAskedFor() {
        long rows = Schema.DISTRIBUTED.stream().mapToLong(generator::count).sum();

        assertThat(rows).isBetween(18_000L, 22_000L);
    }

    @Test
    void yieldsEqualRowsForEqualSeeds() {
        Generator same = new Generator(20_000, 42);
        Generator other = new Generator(20_000, 43);

        assertThat(same.rows("order_lines").toList())
                .isEqualTo(generator.rows("order_lines").toList())
                .isNotEqualTo(other.rows("order_lines").toList());
    }

    @Test
    void refersOnlyToRowsThatExist() {
        Set<Object> countries = column("countries", 0);
        Set<Object> products = column("products", 0);
        Set<Object> orders = column("orders", 1);

        assertThat(countries).containsAll(column("customers", 2));
        assertThat(products).containsAll(column("order_lines", 3));
        assertThat(orders).containsAll(column("order_lines", 1));
        assertThat(orders).hasSize((int) generator.count("orders"));
    }

    private Set<Object> column(String table, int column) {
        Set<Object> values = new HashSet<>();
        for (List<Object> row : generator.rows(table).toList()) {
            values.add(row.get(column));
        }
        return values;
    }
}
