package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgplex.routing.hint.HintException;
import io.pgplex.routing.hint.HintParser;
import io.pgplex.routing.plan.Unsupported;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README says what the code says. */
class ReadmeTest {

    @Test
    void listsEveryRefusal() throws IOException {
        String table = "| refused | instead |\n| --- | --- |\n"
                + Arrays.stream(Unsupported.values()).map(ReadmeTest::row).collect(Collectors.joining());

        assertThat(Readme.text()).contains("\n\n" + table + "\n");
    }

    private static String row(Unsupported refusal) {
        String state = refusal.sqlState().equals("0A000") ? "" : " (" + refusal.sqlState() + ")";
        return "| " + refusal.message().replace("%s", "...") + state + " | " + refusal.hint() + " |\n";
    }

    @Test
    void listsEveryHint() throws IOException {
        String text = Readme.text();
        String table = text.substring(text.indexOf("| hint | values"), text.indexOf("With `shard` or `key`"));
        List<String> listed = Pattern.compile("\n\\| `(\\w+)`")
                .matcher(table)
                .results()
                .map((MatchResult row) -> row.group(1))
                .toList();

        HintException unknown =
                (HintException) catchThrowable(() -> HintParser.parse(List.of("/*!pgplex no_such=1 */")));
        assertThat(unknown.hint()).isEqualTo("Valid options are: " + String.join(", ", listed) + ".");
    }
}
