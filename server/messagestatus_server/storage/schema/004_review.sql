-- Callbacks that were not simply taken are few among many, and people look for them.

CREATE INDEX callback_in_doubt ON callback (tenant, route, verdict, receive_time) WHERE verdict <> 1;
