// Tests of the services.
