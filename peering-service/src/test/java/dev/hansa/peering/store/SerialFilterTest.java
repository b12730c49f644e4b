package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import javax.management.BadAttributeValueExpException;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.junit.jupiter.api.Test;

class SerialFilterTest {
    /// A class of ours is a stranger's too: none of them is sent so.
    private static final class OfOurs implements Serializable {
        private static final long serialVersionUID = 1;
    }

    private static Object readBack(Object value) throws IOException, ClassNotFoundException {
        var bytes = new ByteArrayOutputStream();
        try (var output = new ObjectOutputStream(bytes)) {
            output.writeObject(value);
        }
        try (var input = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            input.setObjectInputFilter(SerialFilter.FILTER);
            return input.readObject();
        }
    }

    @Test
    void exceptionsOfTheLogAreRead() throws Exception {
        assertThat(readBack(new StateMachineException("why", new IOException("cause"))))
                .isInstanceOf(StateMachineException.class)
                .hasFieldOrPropertyWithValue("message", "why");
    }

    @Test
    void classesOfOthersAreNot() {
        for (var foreign : List.of(new BadAttributeValueExpException("x"), new OfOurs())) {
            assertThatThrownBy(() -> readBack(foreign)).isInstanceOf(InvalidClassException.class);
        }
    }

    @Test
    void nestingHasAnEnd() {
        List<Object> nested = new ArrayList<>();
        for (var i = 0; i < 100; i++) {
            nested = new ArrayList<>(List.of(nested));
        }
        var deep = nested;
        assertThatThrownBy(() -> readBack(deep)).isInstanceOf(InvalidClassException.class);
    }
}
