package io.pgplex.quickstart;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks a cluster and one PostgreSQL the same questions and keeps count of unequal answers. A statement that fails counts
 * as one of them, and the story goes on. Confined to a thread.
 */
final class Comparison {
    private final Connection sharded;
    private final Connection plain;
    private final Report report;
    private final List<String> wrong = new ArrayList<>();
    private int steps;
    private int compared;

    Comparison(Connection sharded, Connection plain, Report report) {
        this.sharded = sharded;
        this.plain = plain;
        this.report = report;
    }

    void run(List<Step> story) throws SQLException {
        for (Step step : story) {
            report.step(++steps, step.title());
            if (step instanceof Step.Transaction transaction) {
                inTransaction(transaction);
            } else {
                ask((Step.Question) step);
            }
        }
    }

    /** Counts something else that was compared, and how it differs. */
    void note(int more, List<String> differences) {
        compared += more;
        wrong.addAll(differences);
    }

    /** How many answers were compared. */
    int compared() {
        return compared;
    }

    /** One line for each answer that was not equal. */
    List<String> wrong() {
        return List.copyOf(wrong);
    }

    private void inTransaction(Step.Transaction transaction) throws SQLException {
        sharded.setAutoCommit(false);
        plain.setAutoCommit(false);
        boolean whole = true;
        for (Step.Question question : transaction.statements()) {
            whole = whole && ask(question);
        }
        end(whole ? transaction.end() : Step.End.ROLLBACK);
        sharded.setAutoCommit(true);
        plain.setAutoCommit(true);
    }

    private void end(Step.End end) throws SQLException {
        long begin = System.nanoTime();
        if (end == Step.End.COMMIT) {
            sharded.commit();
        } else {
            sharded.rollback();
        }
        report.end(end, System.nanoTime() - begin);
        if (end == Step.End.COMMIT) {
            plain.commit();
        } else {
            plain.rollback();
        }
    }

    /** Whether both databases answered. */
    private boolean ask(Step.Question question) {
        compared++;
        try {
            report.question(question, Explanation.of(sharded, question));
            Answer answer = Answer.of(sharded, question);
            Answer expected = Answer.of(plain, question);
            String difference = answer.differenceFrom(expected, question.order());
            report.answer(answer, expected, difference);
            if (difference != null) {
                wrong.add(steps + ". " + difference);
            }
            return true;
        } catch (SQLException e) {
            report.failure(e.getSQLState(), e);
            wrong.add(steps + ". failed: " + e.getMessage());
            return false;
        }
    }
}
