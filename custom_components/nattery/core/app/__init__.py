"""Pure glue between the packages of the core that several front ends share."""
