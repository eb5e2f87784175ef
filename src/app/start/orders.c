/* The handlers of service orders (octavo.h): build with `make`.
 *
 * A handler is a pure function of the event and the rows of its key: no clock, no random number, no
 * file. What it does is committed with the event, once, whatever dies. */
#include "octavo.h"

enum { LIMIT = 100000, STATE = 0, TOTAL = 1, COLUMNS };

static void order_put(struct octavo_step *s, const char *state, int64_t total) {
    struct octavo_value row[COLUMNS] = { octavo_text_value(octavo_text(state)), octavo_int_value(total) };
    octavo_row_put(s, "order", octavo_text(""), row, COLUMNS);
}

static enum octavo_outcome on_order_placed(struct octavo_step *s) {
    struct octavo_value row[COLUMNS];
    struct octavo_text order, customer;
    int64_t total;
    if (!octavo_event_text(s, "order", &order) || !octavo_event_text(s, "customer", &customer)
        || !octavo_event_int(s, "total", &total))
        return octavo_refuse(s, OCTAVO_PARK, "order, customer and total are wanted");
    if (octavo_row_get(s, "order", octavo_text(""), row, COLUMNS))
        return OCTAVO_DONE; /* this order is known already: the first answer stands */
    order_put(s, total > LIMIT ? "refused" : "accepted", total);
    octavo_event_begin(s, "order", total > LIMIT ? "order-refused" : "order-accepted", octavo_event_key(s));
    octavo_put_text(s, "order", order);
    if (total > LIMIT) {
        octavo_put_text(s, "reason", octavo_text("over the limit"));
    } else {
        octavo_put_text(s, "customer", customer);
        octavo_put_int(s, "total", total);
    }
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "order-placed", on_order_placed }, { NULL, NULL } };
static const struct octavo_service services[] = { { "orders", handlers }, { NULL, NULL } };
const struct octavo_system octavo_system = {
    .size = sizeof(struct octavo_system), .api = OCTAVO_API, .name = "orders", .services = services
};
